"""An MCP server (Model Context Protocol): a language model's tools to read this machine's genome."""
