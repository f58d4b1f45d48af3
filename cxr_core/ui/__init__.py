"""The only place below app.py that imports streamlit."""
