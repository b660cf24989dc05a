"""What goes wrong for a reason that a person can act on. Printed without a traceback."""


class ClusterError(Exception):
    pass
