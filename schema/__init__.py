"""What the API says: types, inputs, enums, unions with their descriptions. No I/O; `schema.graphql` is its snapshot."""
