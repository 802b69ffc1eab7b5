(from_instruction as: (image_alias) @stage)
(arg_pair name: (_) @variable)
(env_pair name: (_) @variable)
