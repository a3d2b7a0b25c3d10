# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a text file as a C array that ends with a zero. Usage: embed.py NAME INPUT OUTPUT."""
import sys


def main():
    name, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        octets = file.read()
    # Numbers, because a compiler need not take string literals of this length; negative ones,
    # because char is signed on most machines.
    numbers = [str(octet - 256 if octet > 127 else octet) for octet in octets] + ["0"]
    with open(target, "w", encoding="ascii") as file:
        file.write(f"/* Made at build time. */\nextern const char {name}[];\n")
        file.write(f"const char {name}[] = {{\n")
        for start in range(0, len(numbers), 24):
            file.write("\t" + ", ".join(numbers[start:start + 24]) + ",\n")
        file.write("};\n")


main()
