"""An epoch of Mult-VAE: see _vae.py; the rows are users."""

from _peer import serve
from _vae import prepare

serve(prepare)
