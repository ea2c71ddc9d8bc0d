"""What people look at: metrics, boards, the console. Imports schemas only."""
