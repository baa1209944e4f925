"""What an item cloud needs from Python and cannot say in KRL: labels and pictures."""
