(abstract_class_declaration name: (_) @name) @definition.class
(interface_declaration name: (_) @name) @definition.class
(type_alias_declaration name: (_) @name) @definition.type
(enum_declaration name: (_) @name) @definition.class
(function_signature name: (_) @name) @definition.function
(internal_module name: (_) @name) @definition.module
(export_statement declaration: (abstract_class_declaration name: (_) @name)) @definition.class
