"""What each of the 55 sources delivers: layouts as typed data, and one writer per format.

The layouts are the truth of what lies in a delivery. They are written independently of the manifests under
`connectors/`, which describe the same deliveries from Hedui's side, so that a mistake on one side shows on the other.
"""
