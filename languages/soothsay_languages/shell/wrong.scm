; What the grammar takes for right and a shell does not.

; Words that end or divide a block, where a command is called.
((command_name (word) @wrong) (#any-of? @wrong "then" "elif" "else" "fi" "do" "done" "esac" "in" "}"))
((command_name (concatenation) @wrong) (#match? @wrong "^[{]|[}]$"))

; Blocks that hold nothing.
(if_statement . (_) .) @wrong
(if_statement condition: (_) . (elif_clause)) @wrong
(if_statement condition: (_) . (else_clause)) @wrong
(elif_clause . (_) .) @wrong
((do_group) @wrong (#match? @wrong "^do\\s*done$"))
((compound_statement) @wrong (#match? @wrong "^[{]\\s*[}]$"))
