"""TensorBoard's event files, read after their formats' descriptions: records as in TensorFlow's tf_record guide, messages as
in Protocol Buffers' encoding guide and event.proto. Nothing of it is the writer's."""
import struct

REVERSED_CASTAGNOLI = 0x82F63B78


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (REVERSED_CASTAGNOLI if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    """The payloads; both checksums of each are checked."""
    while data:
        length, length_crc = struct.unpack_from("<QI", data)
        assert masked(crc32c(data[:8])) == length_crc, "the length's checksum"
        payload = data[12:12 + length]
        data_crc, = struct.unpack_from("<I", data, 12 + length)
        assert masked(crc32c(payload)) == data_crc, "the data's checksum"
        yield payload
        data = data[16 + length:]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(data):
    """{field number: values in order}, fixed ones as bytes."""
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire_type)
            if wire_type == 2:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        fields.setdefault(number, []).append(value)
    return fields


def events(path):
    """[{wall_time, step, version, started, scalars: {tag: number}}]"""
    result = []
    for record in records(path.read_bytes()):
        event = message(record)
        scalars = {}
        for value in message(event.get(5, [b""])[0]).get(1, []):
            fields = message(value)
            scalars[fields[1][0].decode()] = struct.unpack("<f", fields[2][0])[0]
        result.append({"wall_time": struct.unpack("<d", event[1][0])[0], "step": event.get(2, [0])[0],
                       "version": event.get(3, [b""])[0].decode(),
                       "started": message(event.get(7, [b""])[0]).get(1) == [1], "scalars": scalars})
    return result
