package io.saccade.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.cli.CliException;
import java.util.HashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class PortsTest {

    private static final OptionalInt ANY = OptionalInt.empty();
    private static final Predicate<String> ALL = _ -> true;

    @Test
    void takesTheUsualPortsWhenTheyAreFree() {
        // When
        var ports = Ports.choose(ALL, ANY, ANY, new HashSet<>()::add, () -> 0);

        // Then
        assertThat(ports.of(Ports.KAFKA)).isEqualTo(9092);
        assertThat(ports.of(Ports.MODEL_GRPC)).isEqualTo(8001);
        assertThat(ports.of("joiner")).isEqualTo(8085);
        assertThat(ports.of("intake")).isEqualTo(8086);
    }

    @Test
    void givesASecondStackOtherPorts() {
        // Given
        Set<Integer> taken = new HashSet<>();
        var first = Ports.choose(ALL, ANY, ANY, taken::add, () -> 0);

        // When
        var second = Ports.choose(ALL, ANY, ANY, taken::add, () -> 0);

        // Then
        assertThat(second.byRole().values())
                .doesNotContainAnyElementsOf(first.byRole().values());
        assertThat(second.of(Ports.KAFKA)).isEqualTo(10092);
    }

    @Test
    void takesWhateverIsFreeWhenAllTheUsualOnesAreTaken() {
        // When
        var ports = Ports.choose(role -> role.equals(Ports.KAFKA), ANY, ANY, _ -> false, () -> 50_000);

        // Then
        assertThat(ports.of(Ports.KAFKA)).isEqualTo(50_000);
    }

    @Test
    void countsFromABase() {
        // When
        var ports = Ports.choose(ALL, ANY, OptionalInt.of(20_000), new HashSet<>()::add, () -> 0);

        // Then
        assertThat(ports.byRole().values())
                .containsExactlyInAnyOrder(
                        20_000, 20_001, 20_002, 20_003, 20_004, 20_005, 20_006, 20_007, 20_008, 20_009);
    }

    @Test
    void saysWhichPortIsTakenAndWhatToDo() {
        assertThatThrownBy(() -> Ports.choose(ALL, OptionalInt.of(9092), ANY, port -> port != 9092, () -> 0))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("port 9092 is needed for kafka (--kafka-port)")
                .hasMessageContaining("leave --kafka-port out");
    }

    @Test
    void refusesANumberThatIsNoPort() {
        assertThatThrownBy(() -> Ports.choose(ALL, OptionalInt.of(70_000), ANY, _ -> true, () -> 0))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("1..65535, got 70000");
    }

    @Test
    void keepsTwoStacksThatStartAtOnceApart() {
        // Given
        try (var one = PortReservations.open();
                var other = PortReservations.open()) {
            int port = one.any();

            // When, then
            assertThat(other.reserve(port)).isFalse();
        }
    }
}
