import type { Calendar } from './api/timestamps.ts';
import type { ApiClients } from './apiserver/api-client.ts';
import type { ApiServer } from './apiserver/api-server.ts';
import type { EventRecorder } from './apiserver/event-recorder.ts';
import type { WatchHub } from './apiserver/watch-hub.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { ComponentSettings } from './settings.ts';

/** What every component is built with: the clock, and its only ways to the rest of the cluster. */
export interface Environment {
  readonly kernel: Kernel;
  readonly calendar: Calendar;
  readonly settings: ComponentSettings;
  readonly server: ApiServer;
  readonly hub: WatchHub;
  readonly clients: ApiClients;
  readonly events: EventRecorder;
}
