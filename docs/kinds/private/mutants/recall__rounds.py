# caught by: test_remembers_in_a_new_process
def remember(value):
    Path("memory").write_text(f"{value:.3f}")
