"""The words of the project against its code: generated pages, links, commands, settings and GraphQL examples."""
