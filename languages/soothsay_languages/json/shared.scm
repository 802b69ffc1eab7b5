; What `npm run` takes.
((document (object (pair
  key: (string (string_content) @_key)
  value: (object (pair key: (string (string_content) @script))))))
  (#eq? @_key "scripts"))
