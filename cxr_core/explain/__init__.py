"""Why a network says what it says: callables in, maps out."""
