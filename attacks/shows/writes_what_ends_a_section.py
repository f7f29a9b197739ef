"""Writes what would end a section of XML, of JSON, of a script."""

# control: is active
# verdict: failed raised
# level: process


def double(x):
    print(']]></system-out><pwned/>\x00\x0b\ufffe"}]}; //--><svg onload=pwned()>', flush=True)
    raise ValueError(']]>\x00\x0c"</script><svg onload=pwned()>')
