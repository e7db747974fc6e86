"""List what has gathered in cluster.storage and in DVC's folder for experiments, and delete it when asked to.

names: what the folders are called. listing: the folders with size, age and what they are. needs: why this working tree
needs some. deletion: choosing and deleting. words: sizes and ages. __main__: the command.
"""
