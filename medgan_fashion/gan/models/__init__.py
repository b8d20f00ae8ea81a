"""What a training leaves.

`model`: the networks ready to use, and their file (safetensors and JSON, no code). `export`: ONNX and torch's exported
program. `hub`: a folder or a model hub, with a card.
"""
