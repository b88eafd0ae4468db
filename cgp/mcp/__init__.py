"""An MCP server (Model Context Protocol): tools for a language model to read this machine's genome."""
