import type { KubeNode } from '../api/core.ts';
import type { Draft } from '../api/meta.ts';
import type { Micros } from '../kernel/time.ts';
import type { DriverDevices } from '../node/device-drivers.ts';
import type { LatencySettings } from '../settings.ts';
import type { HealthCheckSpec } from './target-health.ts';

/** A kind of machine that the provider rents out. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  /** For an hour, in the provider's currency; `spotPrice` where it can be taken back at short notice. */
  readonly price: number;
  readonly spotPrice: number;
}

/** Some instances cannot be had for a time; what is absent is not narrowed down. */
export interface StockOut {
  readonly type?: string | undefined;
  readonly zone?: string | undefined;
  /** Spot capacity alone, or on-demand capacity alone. */
  readonly spot?: boolean | undefined;
  readonly at: Micros;
  readonly forMicros: Micros;
}

/** Stock-outs by chance: of each type, zone and market by itself. Draws are seconds, pure functions of (identity, ordinal). */
export interface RandomStockOuts {
  between(identity: number, ordinal: number): number;
  lasts(identity: number, ordinal: number): number;
}

/** A cloud provider: what it has, what it charges and how it fails. */
export interface ProviderSpec {
  readonly types: readonly InstanceType[];
  /** Seconds from a request for an instance to its kubelet's start: a pure function of the instance. */
  bootSeconds(identity: number): number;
  /** What may run in the region at one time, booting instances included; absent: no limit. */
  readonly quota: { readonly instances?: number | undefined; readonly vcpus?: number | undefined };
  readonly stockOuts: readonly StockOut[];
  readonly randomStockOuts?: RandomStockOuts | undefined;
  readonly spot: {
    /** Seconds that an instance lives before it is taken back; absent: none ever is. */
    livesSeconds?(identity: number): number;
    /** It is known so long before. */
    readonly noticeSeconds: number;
    /** The machine is told to shut down when the notice comes (ACPI, as some providers do), not only its users. */
    readonly shutsDownAtNotice: boolean;
  };
  /** Calls that the account may make: a token bucket (qps 0: no limit), and how long an answer takes. */
  readonly api: { readonly qps: number; readonly burst: number; readonly latency: LatencySettings };
  /** How long a route to a node's pods takes to make; absent: the network needs none of the provider's. */
  readonly routeLatency?: LatencySettings | undefined;
  readonly loadBalancer: {
    /** From the request for a load balancer, or for its end, until it is carried out. */
    readonly latency: LatencySettings;
    readonly healthCheck: HealthCheckSpec;
  };
}

/** Like instances that are kept at a number, as by an Auto Scaling group or a managed instance group. */
export interface InstanceGroupSpec {
  readonly name: string;
  readonly type: string;
  readonly spot: boolean;
  /** Zones that instances are spread over; '' where there is none. */
  readonly zones: readonly string[];
  readonly region: string;
  /** How many there are when the run begins, already among the cluster's machines: `<name>-0` and so on. */
  readonly initial: number;
  /** Bounds for the cluster autoscaler; absent: the number stays. */
  readonly autoscaling?: { readonly min: number; readonly max: number } | undefined;
  /** What the device drivers of each instance publish. */
  readonly devices: readonly DriverDevices[];
  /** The Node of an instance: with what the cloud controller manager adds, or as its kubelet registers it. */
  node(name: string, zone: string, initialized: boolean): Draft<KubeNode>;
}

/** What the provider knows of an instance; plain data. */
export interface Instance {
  /** Of its node. */
  readonly name: string;
  readonly group: string;
  readonly type: string;
  readonly zone: string;
  readonly spot: boolean;
  readonly pricePerHour: number;
  readonly launched: Micros;
  /** pending: its kubelet has not started. gone: taken away or given back. */
  state: 'pending' | 'running' | 'gone';
  ended: Micros | undefined;
}

/** Why an instance cannot be had. */
export type LaunchError = 'InsufficientInstanceCapacity' | 'QuotaExceeded' | 'RequestLimitExceeded';
