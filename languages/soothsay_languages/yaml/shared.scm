; The services of a compose file, and the variables that they are given.
((document (block_node (block_mapping (block_mapping_pair
  key: (_) @_key
  value: (block_node (block_mapping (block_mapping_pair key: (_) @service)))))))
  (#eq? @_key "services"))
((block_mapping_pair
  key: (_) @_key
  value: (block_node (block_mapping (block_mapping_pair key: (_) @variable))))
  (#eq? @_key "environment"))
