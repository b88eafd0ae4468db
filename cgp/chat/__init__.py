"""Chat over machines that people share: one OpenAI-compatible gateway, workers that dial out."""
