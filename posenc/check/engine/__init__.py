"""How any answer is judged; nothing here knows a lesson."""
