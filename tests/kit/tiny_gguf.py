"""Makes a tiny language model file (GGUF, llama architecture), run as a script: ``tiny_gguf.py FILE``.

The vocabulary is the 256 bytes, three control tokens and the pieces of one answer. With ``--answer``
the weights make the model say these pieces and stop, whatever it is asked: the attention and feed-forward
parts are zero, so the next token depends on the last one alone. Without it the weights are
random (from a fixed seed), so the model speaks nonsense.

Needs the packages ``gguf`` and ``numpy``.
"""

from __future__ import annotations

import argparse

import gguf
import numpy as np

# The bindings read a token into 32 bytes, so no piece is longer.
ANSWER = ('{"tags":["public▁', 'transport","bus"],', '"profiles":[]}')
WIDTH, HEADS, FEED_FORWARD, CONTEXT = 64, 2, 64, 32768
CONTROL = ["<unk>", "<s>", "</s>"]
TOKENS = [*CONTROL, *(f"<0x{byte:02X}>" for byte in range(256)), *ANSWER]
END, FIRST = 2, len(TOKENS) - len(ANSWER)


def weights(answer: bool) -> dict[str, np.ndarray]:
    """Return the tensors of a one-layer model, float32."""
    random = np.random.default_rng(0)
    square, wide = (WIDTH, WIDTH), (FEED_FORWARD, WIDTH)
    shapes = {
        "token_embd": (len(TOKENS), WIDTH),
        "output": (len(TOKENS), WIDTH),
        "blk.0.attn_q": square,
        "blk.0.attn_k": square,
        "blk.0.attn_v": square,
        "blk.0.attn_output": square,
        "blk.0.ffn_gate": wide,
        "blk.0.ffn_up": wide,
        "blk.0.ffn_down": (WIDTH, FEED_FORWARD),
    }
    tensors = {
        name: np.zeros(shape) if answer else random.normal(size=shape)
        for name, shape in shapes.items()
    }
    if answer:
        # State 0 follows any other token and calls for the first piece; piece i leads to state i + 1.
        tensors["token_embd"][:FIRST, 0] = 1
        for state, token in enumerate([*range(FIRST, len(TOKENS)), END]):
            tensors["output"][token, state] = 1
            if token != END:
                tensors["token_embd"][token, state + 1] = 1
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        tensors[name] = np.ones(WIDTH)
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--answer", action="store_true")
    arguments = parser.parse_args()
    writer = gguf.GGUFWriter(arguments.file, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(
        [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
        + [gguf.TokenType.BYTE] * 256
        + [gguf.TokenType.NORMAL] * len(ANSWER)
    )
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(0)
    for name, tensor in weights(arguments.answer).items():
        writer.add_tensor(f"{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
