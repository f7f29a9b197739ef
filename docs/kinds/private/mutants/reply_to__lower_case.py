# caught by: test_serves
def reply_to(path):
    return path.lower()
