import numpy as np

measurements = np.zeros((4, 3, 2))

# split the array into a tuple of arrays along dim 1
parts = np.
