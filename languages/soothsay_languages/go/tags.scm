(function_declaration name: (_) @name) @definition.function
(method_declaration name: (_) @name) @definition.method
(type_declaration [(type_spec name: (_) @name) (type_alias name: (_) @name)]) @definition.class
(const_declaration (const_spec name: (_) @name)) @definition.constant
(var_declaration (var_spec name: (_) @name)) @definition.variable
(var_declaration (var_spec_list (var_spec name: (_) @name))) @definition.variable
