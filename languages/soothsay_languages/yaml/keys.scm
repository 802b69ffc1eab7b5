; Keys that a schema may name, and single values of them.
(block_mapping_pair
  key: (flow_node) @key
  value: (flow_node [(plain_scalar) (single_quote_scalar) (double_quote_scalar)])? @value)
(flow_pair
  key: (flow_node) @key
  value: (flow_node [(plain_scalar) (single_quote_scalar) (double_quote_scalar)])? @value)
