"""Which networks move, in which order, on which loss.

`base`: Batch, Step, Memory, Scheme, the contracts. `adversarial` first: a generator against a discriminator; `memory`
is what steadies them and what that remembers. `autoencoding` and `translation` are the other two. `table` finds a
recipe's scheme; the loop knows nothing else of them.
"""
