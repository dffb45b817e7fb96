"""A training step of Mult-VAE: see _vae.py; the rows are users, and one batch holds them all."""

from _peer import serve
from _vae import prepare

serve(prepare)
