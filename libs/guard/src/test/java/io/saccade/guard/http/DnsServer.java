package io.saccade.guard.http;

import io.saccade.guard.Resolver;
import io.saccade.guard.UrlTable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name server over UDP that answers every question for an A record with the next address of a list, and then with the
 * last one for ever, each time with a time to live of zero: what an attacker's does.
 */
final class DnsServer implements AutoCloseable {

    private static final int HEADER = 12;

    private final DatagramSocket socket;
    private final List<InetAddress> answers;
    private final AtomicInteger asked = new AtomicInteger();

    DnsServer(String... answers) throws IOException {
        this.answers = List.of(answers).stream().map(UrlTable::address).toList();
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        Thread.ofPlatform().daemon().name("test-dns").start(this::serve);
    }

    /** How many questions came. */
    int asked() {
        return asked.get();
    }

    /** Asks this server for each name anew, and keeps nothing. */
    Resolver resolver() {
        return name -> {
            try (var client = new DatagramSocket()) {
                client.connect(socket.getLocalSocketAddress());
                client.setSoTimeout(60_000);
                var question = ByteBuffer.allocate(512);
                // Recursion desired; one question.
                question.putShort((short) 7)
                        .putShort((short) 0x0100)
                        .putShort((short) 1)
                        .putShort((short) 0)
                        .putInt(0);
                for (var label : name.split("\\.", -1)) {
                    question.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
                }
                // The root's empty label, then an A record of the internet.
                question.put((byte) 0).putShort((short) 1).putShort((short) 1).flip();
                var bytes = new byte[question.remaining()];
                question.get(bytes);
                client.send(new DatagramPacket(bytes, bytes.length));
                var answer = new DatagramPacket(new byte[512], 512);
                client.receive(answer);
                // The record's data are the last four bytes of what this server sends.
                var data = Arrays.copyOfRange(answer.getData(), answer.getLength() - 4, answer.getLength());
                return List.of(InetAddress.getByAddress(data));
            } catch (IOException e) {
                throw new UnknownHostException(e.toString());
            }
        };
    }

    private void serve() {
        var packet = new DatagramPacket(new byte[512], 512);
        while (!socket.isClosed()) {
            try {
                packet.setLength(512);
                socket.receive(packet);
                var answer = answer(packet.getData());
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    /** The question repeated, and one record that points to its name: RFC 1035, section 4.1. */
    private byte[] answer(byte[] question) {
        int end = HEADER;
        while (question[end] != 0) {
            end += question[end] + 1;
        }
        end += 5;
        var address = answers.get(Math.min(asked.getAndIncrement(), answers.size() - 1));
        var answer = ByteBuffer.allocate(end + 16);
        answer.put(question, 0, 2);
        // An answer, authoritative, recursion available; one question, one answer.
        answer.putShort((short) 0x8580).putShort((short) 1).putShort((short) 1).putInt(0);
        answer.put(question, HEADER, end - HEADER);
        answer.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1).putInt(0);
        answer.putShort((short) 4).put(address.getAddress());
        var bytes = new byte[answer.flip().remaining()];
        answer.get(bytes);
        return bytes;
    }

    @Override
    public void close() {
        socket.close();
    }
}
