package io.saccade.stage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a stage can be told. An unknown key below {@code saccade} stops the start. */
@ConfigMapping(prefix = "saccade")
public interface StageConfig {

    /** How Kafka is reached. */
    Kafka kafka();

    /** How the model server is reached and called. */
    Triton triton();

    /** Where the model repository lies, for the files that no protocol carries. */
    Models models();

    /** Which images are taken. */
    Images images();

    /** How records go through. */
    Stage stage();

    /** How Kafka is reached. */
    interface Kafka {

        /** Brokers to ask first, {@code host:port}, separated by commas. */
        @WithDefault("localhost:9092")
        String bootstrapServers();

        /**
         * Further settings of the Kafka clients, by their own names: {@code saccade.kafka.client."security.protocol"} for
         * one. They win over what the stage sets, so that {@code acks} for one can be broken here.
         */
        Map<String, String> client();

        /** {@code consumer} for KIP-848 groups, {@code classic} for brokers older than 4.0. */
        @WithDefault("consumer")
        String groupProtocol();

        /** The consumer group; {@code saccade-} and the stage's name when left out. Replicas of a stage share it. */
        Optional<String> group();
    }

    /** How the model server is reached and called. */
    interface Triton {

        /** gRPC addresses, {@code host:port} or {@code dns:///name:port}, separated by commas. */
        @WithDefault("localhost:8001")
        List<String> endpoints();

        /** HTTP/2 connections to each address, at least 1. One saturates a core at about 1 GB/s. */
        @WithDefault("2")
        int channels();

        /** Longest wait for one reply, queueing in the server included. After it the call counts as passing. */
        @WithDefault("10s")
        Duration timeout();

        /** Calls in flight at once from one replica, at least 1. Too low leaves the GPU idle; too high lengthens its queue. */
        @WithDefault("32")
        int inFlight();

        /** The model to ask; the one named for the stage's role when left out. */
        Optional<String> model();
    }

    /** Where the model repository lies. */
    interface Models {

        /** The folder that holds a folder for each model: tokenizers and label files are read there. */
        @WithDefault("triton-models")
        Path directory();
    }

    /** Which images are taken. */
    interface Images {

        /** Folders below which {@code file:} images may be read, separated by commas; none forbids them. */
        Optional<List<Path>> fileRoots();

        /** Largest encoded file in bytes. */
        @WithDefault("20971520")
        long maxBytes();

        /** Most pixels an image may have; refused from the header, before memory is taken. */
        @WithDefault("50000000")
        long maxPixels();

        /**
         * {@code auto} uses libjpeg-turbo and libwebp where the machine has them, {@code native} does not start without
         * them, {@code java} leaves them alone: more CPU for JPEG and no lossy WebP, but no picture can reach a defect of a
         * library.
         */
        @WithDefault("auto")
        String decoder();

        /**
         * Folder of the journal that keeps a picture the process died of from killing it again; one below the temporary
         * folder when left out. It must outlive a restart of the process.
         */
        Optional<Path> crashJournal();
    }

    /** How records go through. */
    interface Stage {

        /** Records held at once, at least 1. Reached, consumption pauses. */
        @WithDefault("64")
        int maxRecords();

        /** Bytes of records held at once. Reached, consumption pauses; a quarter of the heap is a good bound. */
        @WithDefault("67108864")
        long maxBytes();

        /** Images decoded at once; 0 for one per core. */
        @WithDefault("0")
        int decoders();

        /** Attempts at one request while the model is ready, at least 1. */
        @WithDefault("5")
        int attempts();

        /** Longest wait before the second attempt; it doubles from one to the next. */
        @WithDefault("200ms")
        Duration retryFirst();

        /** Longest wait before any attempt. */
        @WithDefault("5s")
        Duration retryLongest();

        /** How often offsets are committed. Longer means more to do again after a crash. */
        @WithDefault("1s")
        Duration commitInterval();

        /** Longest wait for records at work when the stage stops or partitions move. Below Kubernetes' grace period. */
        @WithDefault("15s")
        Duration drain();

        /** How often the model server is asked whether the model is ready. */
        @WithDefault("500ms")
        Duration probe();

        /** {@code array} of numbers, which every tool reads, or {@code base64}, a third of the bytes. */
        @WithDefault("array")
        String vectors();
    }
}
