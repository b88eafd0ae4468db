"""An MCP server (Model Context Protocol): a language model's tools to read a machine's genome."""
