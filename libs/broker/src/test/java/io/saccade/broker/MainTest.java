package io.saccade.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {

    @Test
    void takesAFreePortUnlessOneIsGiven() {
        // When
        var config = Main.parse(List.of("--data", "kafka"));

        // Then
        assertThat(config).isEqualTo(BrokerConfig.at(Path.of("kafka"), 0));
    }

    @ParameterizedTest
    @CsvSource({
        "'--port,9092', --data is missing",
        "'--data', --data needs a value",
        "'--data,d,--prot,1', unknown option '--prot'",
        "'--data,d,--port,x', 'x'",
        "'--data,d,--port,70000', 70000",
    })
    void saysWhatIsWrongWithAnArgument(String args, String expected) {
        assertThatThrownBy(() -> Main.parse(List.of(args.split(","))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(expected);
    }
}
