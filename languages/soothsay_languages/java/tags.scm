; Methods, constructors and types in a class are pieces of their own; its head stands with its fields.
(class_declaration name: (_) @name @definition.type)
(method_declaration name: (_) @name) @definition.method
(constructor_declaration name: (_) @name) @definition.method
(interface_declaration name: (_) @name) @definition.class
(enum_declaration name: (_) @name) @definition.class
(record_declaration name: (_) @name) @definition.class
(annotation_type_declaration name: (_) @name) @definition.class
