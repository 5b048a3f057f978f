"""What was known of users at a moment: features of churn models, and what became of the users afterwards."""
