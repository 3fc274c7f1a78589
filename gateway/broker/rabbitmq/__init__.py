"""
RabbitMQ: the links of one node over real brokers. The only room that knows aio_pika.

    broker      the Broker port: a sender and a receiver for every lane of every link
    sender      publishes, and returns when the broker has confirmed
    receiver    hands over what has come, and takes its acknowledgements
    keeper      keeps an end of a lane open: watched, thrown away when it is broken, opened anew
    reach       whether a broker can be reached, as all its ends know together
    connection  one connection to a broker, whose socket can be cut
    settling    which deliveries can be acknowledged together
    wall        what aio_pika raises, in the words of the office
    examine     whether a broker holds what topology plans

Spec: docs/protocol.md chapter 2
"""

from gateway.broker.rabbitmq.broker import Address, RabbitBroker
from gateway.broker.rabbitmq.examine import examine

__all__ = ["Address", "RabbitBroker", "examine"]
