; An anchor names a node for the rest of its document; an alias stands for it.
(document) @local.scope
(anchor (anchor_name) @local.definition.value)
(alias (alias_name) @local.reference)
