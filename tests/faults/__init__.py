"""
Faults on purpose: an axis of processes on a private RabbitMQ, letters under way, and something that fails.

    python -m tests.faults list
    python -m tests.faults run F02 --letters 500 --kills 20 --seed 7

Every run ends with the same checker over what the clients saw, and leaves nothing behind.
"""
