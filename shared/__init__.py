"""The shared kernel: the guarantees P1 to P8, each part once.

Admission: at least two services need it today, and it is machinery or the published language. A rule of the
programme lives in the service that owns it.
"""
