"""What is typed to make or change a workflow or a function. Checks what each field may hold; changes nothing."""
