; Keys that a schema may name, and single values of them.
(pair key: (string) @key value: [(string) (number) (true) (false) (null)]? @value)
