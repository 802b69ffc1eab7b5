(rule (targets (word) @name)) @definition.target
(define_directive name: (word) @name) @definition.variable
(variable_assignment name: (word) @name) @definition.variable
