"""Talk: answers learned from questions and answers, and conversations with another model.

The shipped encoder and the subnet's embedder read a question. A fractal network scores each entry
that was learned, and one more score stands for none of them. It is not a language model, and says
``I don't know`` where nothing that it learned fits.
"""
