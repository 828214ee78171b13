package io.saccade.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class IpTest {

    @Test
    void takesTheFourBytesInsideFromWhereverTheyBegin() {
        // Given
        var ip = Objects.requireNonNull(Ip.parse("0123:4567:89ab:cdef:fedc:ba98:7654:3210"));
        var bits = new BigInteger("0123456789abcdeffedcba9876543210", 16);

        // Then
        for (int from = 0; from <= 96; from++) {
            var expected = bits.shiftRight(96 - from).longValue() & 0xffff_ffffL;
            assertThat(ip.v4At(from)).as("from bit %s", from).isEqualTo(Ip.v4(expected));
        }
    }

    @Test
    void readsTheLongestSpellingThereIsAndNoneThatIsLonger() {
        var longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
        assertThat(Ip.parse(longest)).isEqualTo(Ip.v6(-1, -1));
        assertThat(Ip.parse("0" + longest)).isNull();
    }

    @Test
    void hasNoOtherNumberOfBits() {
        assertThatThrownBy(() -> new Ip(64, 0, 0)).hasMessageContaining("32 or 128");
        assertThatThrownBy(() -> new Ip(32, 1, 0)).hasMessageContaining("beyond 32");
        assertThatThrownBy(() -> new Ip(32, 0, 1L << 32)).hasMessageContaining("beyond 32");
    }
}
