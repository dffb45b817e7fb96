"""One epoch of the item autoencoder: see _vae.py; the rows are items."""

from _peer import serve
from _vae import prepare

serve(prepare)
