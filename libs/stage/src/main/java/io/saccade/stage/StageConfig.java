package io.saccade.stage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
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

        /**
         * Calls in flight at once from one replica, at least 1. Too low leaves the GPU idle; too high lengthens its queue.
         * While the server refuses calls because it is full, they are fewer.
         */
        @WithDefault("32")
        int inFlight();

        /**
         * Whether the number of calls in flight is learned from how long they take, up to {@code in-flight}, instead of being
         * that number. For servers that others use too, or whose speed changes.
         */
        @WithDefault("false")
        boolean adaptive();

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

        /** How images on other machines are fetched. */
        Fetch fetch();

        /** Images by {@code https:} and {@code http:}. */
        Web web();

        /** Images in stores that speak S3. */
        S3 s3();

        /** Fetched images that the services of one machine share. */
        Cache cache();

        /** Largest encoded file in bytes. */
        @WithDefault("20971520")
        long maxBytes();

        /** Most pixels an image may have; refused from the header, before memory is taken. */
        @WithDefault("50000000")
        long maxPixels();

        /**
         * {@code auto} uses libjpeg-turbo and libwebp where the machine has them, {@code native} does not start without
         * them, {@code java} leaves them alone: more CPU for JPEG and WebP, but no picture can reach a defect of a library.
         */
        @WithDefault("auto")
        String decoder();

        /**
         * Folder of the journal that keeps a picture the process died of from killing it again; one below the temporary
         * folder when left out. It must outlive a restart of the process.
         */
        Optional<Path> crashJournal();
    }

    /** How images on other machines are fetched. */
    interface Fetch {

        /**
         * Longest time for the bytes of one image, waiting for a place and a second try included. A nearer deadline of the
         * event shortens it, though never below a second.
         */
        @WithDefault("10s")
        Duration timeout();

        /** Fetches at once from one host or bucket by one replica, at least 1. Too low idles; too high overruns small hosts. */
        @WithDefault("16")
        int perHost();

        /** Fetches at once for one tenant by one replica, at least 1. Below {@code saccade.stage.max-records}, others go on. */
        @WithDefault("32")
        int perTenant();

        /**
         * Bytes of images from elsewhere that are held at once, from the start of their fetch until they are decoded; 0 for
         * a quarter of the heap. A fetch counts as {@code saccade.images.max-bytes} until its size is known, so a lower limit
         * there, or more heap, lets more of them run at once.
         */
        @WithDefault("0")
        long maxBytes();

        /** After how many failures in a row a host is left alone, at least 1. */
        @WithDefault("5")
        int restAfter();

        /** How long it is then left alone; its images fail at once meanwhile, and are tried again as any that may pass. */
        @WithDefault("5s")
        Duration restFirst();

        /** Bound of that time, which doubles whenever the host fails again. */
        @WithDefault("2m")
        Duration restLongest();
    }

    /**
     * Images by {@code https:} and {@code http:}. Only the public internet is asked, by name; addresses of private networks
     * and of cloud metadata are refused however they are written, after redirects too.
     */
    interface Web {

        /** Whether {@code https:} is read. Switch it off where nothing outside may be asked. */
        @WithDefault("true")
        boolean https();

        /** Whether {@code http:} is read too. What comes that way can be read and changed by anybody in between. */
        @WithDefault("false")
        boolean http();

        /** Ports that may be asked, separated by commas. Each one more is one more kind of service that can be reached. */
        @WithDefault("80,443")
        List<Integer> ports();

        /**
         * Hosts that may be asked, {@code images.example.com} or {@code *.example.com}; everyone on the public internet when
         * left out. A name that only this network knows must be here.
         */
        Optional<List<String>> allowedHosts();

        /** Hosts that are never asked; wins over {@code allowed-hosts}. */
        Optional<List<String>> deniedHosts();

        /**
         * Private networks that may be reached, {@code 10.1.0.0/16}; none when left out. Any host that is allowed may resolve
         * into them, so name as little as will do. Cloud metadata stays out of reach.
         */
        Optional<List<String>> allowedNetworks();

        /** Public networks that are never reached. */
        Optional<List<String>> deniedNetworks();

        /** Redirects that are followed, 0 to 10; each is checked like the first address. */
        @WithDefault("3")
        int redirects();

        /** What holds for one tenant instead, by its name: {@code saccade.images.web.tenants."acme".allowed-hosts}. */
        Map<String, Hosts> tenants();
    }

    /** Hosts of one tenant. */
    interface Hosts {

        /** Instead of the list for everybody, when it is there. */
        Optional<List<String>> allowedHosts();

        /** Beside the list for everybody. */
        Optional<List<String>> deniedHosts();
    }

    /** Images in stores that speak S3: {@code s3://bucket/key}. Credentials come by the usual AWS chain. */
    interface S3 {

        /**
         * What may be read, separated by commas: {@code bucket}, {@code bucket/prefix}, or {@code *} for whatever the
         * credentials allow. Left out, {@code s3:} is off.
         */
        Optional<List<String>> buckets();

        /** What one tenant may read instead, by its name: {@code saccade.images.s3.tenants."acme"}. */
        Map<String, List<String>> tenants();

        /** Address of a store that is not AWS's, {@code https://minio.internal:9000}. It may lie in a private network. */
        Optional<URI> endpoint();

        /** For signatures; what the AWS chain says, or {@code us-east-1}, when left out. */
        Optional<String> region();

        /** {@code endpoint/bucket/key} instead of {@code bucket.endpoint/key}; most stores that are not AWS's want it. */
        @WithDefault("false")
        boolean pathStyle();
    }

    /**
     * A folder that the services of one machine share, so that an image is fetched once and not by each. Whoever may write
     * there decides what the models see: it must belong to the services alone. It holds images as they came.
     */
    interface Cache {

        /** The folder; left out, every service fetches for itself. */
        Optional<Path> folder();

        /** Most bytes in it. The longest unused go first. */
        @WithDefault("268435456")
        long maxBytes();

        /** Most images in it. */
        @WithDefault("10000")
        long maxEntries();

        /** How long an image stands for its address when its event gives no SHA-256; with one it never ages. */
        @WithDefault("60s")
        Duration fresh();
    }

    /** How records go through. */
    interface Stage {

        /**
         * Records held at once, at least 1. Reached, consumption pauses. Of them backfill may hold a tenth while live images
         * wait, and all but a tenth while none does.
         */
        @WithDefault("64")
        int maxRecords();

        /** Bytes of records held at once. Reached, consumption pauses; a quarter of the heap is a good bound. */
        @WithDefault("67108864")
        long maxBytes();

        /** Images decoded at once; 0 for one per core. */
        @WithDefault("0")
        int decoders();

        /** Attempts at one request while the model is ready, at least 1; then it is given up. */
        @WithDefault("10")
        int attempts();

        /** How many of them without letting go of the request, at least 1: for a blip. Others wait in the retry topic. */
        @WithDefault("2")
        int attemptsAtOnce();

        /** Longest wait before the second attempt at once; it doubles from one to the next. */
        @WithDefault("200ms")
        Duration retryFirst();

        /** Longest wait before any attempt at once; also between two while the server is full. */
        @WithDefault("5s")
        Duration retryLongest();

        /**
         * Longest wait in the retry topic after the first attempt; it doubles with every attempt. A wait is random up to
         * that, and ends before the image's deadline as long as that is ahead.
         */
        @WithDefault("2s")
        Duration retryLater();

        /** Longest wait in the retry topic. A request there may wait for another one before it as long. */
        @WithDefault("30s")
        Duration retryLatest();

        /** How long after its first attempt a request is still tried; an answer after the deadline repairs the joined one. */
        @WithDefault("5m")
        Duration retryFor();

        /**
         * Further attempts for each first one, over all requests of the last ten seconds, 0..1, as long as calls fail. More
         * answers more of them meanwhile and makes a server in trouble busier: with 1, half of all calls failing doubles its
         * load. What has no budget waits, and is tried as soon as the model is well.
         */
        @WithDefault("0.15")
        double retryShare();

        /**
         * Attempts a second, from 0.001 on, of a stage that would make none since all its requests wait: by these it finds out
         * that the model is well again. More finds it out sooner.
         */
        @WithDefault("1")
        double retriesPerSecond();

        /** How often offsets are committed. Longer means more to do again after a crash. */
        @WithDefault("1s")
        Duration commitInterval();

        /** Longest wait for records at work when the stage stops or partitions move. Below Kubernetes' grace period. */
        @WithDefault("15s")
        Duration drain();

        /** How often the model server is asked whether the model is ready. */
        @WithDefault("500ms")
        Duration probe();

        /**
         * Answered requests remembered for each partition, so that what comes again is not computed again; 0 for none.
         * About 150 bytes each.
         */
        @WithDefault("10000")
        int rememberRecords();

        /**
         * How long an answered request is remembered. Not longer than the join remembers an image
         * ({@code saccade.join.retention}): an image sent anew after that would wait for parts that nobody computes.
         */
        @WithDefault("9m")
        Duration remember();

        /**
         * Results read from the end of each partition when it is assigned. More than a replica answers in a partition
         * between two commits is of no use; each costs the reading of one result.
         */
        @WithDefault("1000")
        int rememberTail();

        /** {@code array} of numbers, which every tool reads, or {@code base64}, a third of the bytes. */
        @WithDefault("array")
        String vectors();
    }
}
