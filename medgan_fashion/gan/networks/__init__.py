"""The network pairs: `G(z, y) -> images` in [-1, 1], `D(images, y) -> DiscriminatorOutput` with raw logits.

`layers` are shared; then one file a family: `dcgan` (fully connected ones too), `progressive`, `biggan`, `dvbpr`,
`translators` (U-Net, CycleGAN, SPADE). `build` holds the table and checks the data's shape. `card`: what the data
were. `latent`: priors of z, walks, and drawing from a seed.
"""
