; What a namespace holds stands for itself. A template is taken with its parameters.
(template_declaration (function_definition declarator: (function_declarator declarator: (_) @name))) @definition.function
(template_declaration (class_specifier name: (_) @name)) @definition.class
(template_declaration (struct_specifier name: (_) @name)) @definition.class
(template_declaration (alias_declaration name: (_) @name)) @definition.type
(class_specifier name: (_) @name body: (_)) @definition.class
(function_definition declarator: (reference_declarator (function_declarator declarator: (_) @name)))
  @definition.function
(declaration declarator: (reference_declarator (function_declarator declarator: (_) @name))) @definition.function
(alias_declaration name: (_) @name) @definition.type
(concept_definition name: (_) @name) @definition.type
