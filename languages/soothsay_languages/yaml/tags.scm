; The settings of a document, or the entries of its list.
(document (block_node (block_mapping (block_mapping_pair key: (_) @name) @definition.setting)))
(document (block_node (block_sequence (block_sequence_item) @definition.item)))
