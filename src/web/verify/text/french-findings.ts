import type { FindingTexts } from './finding-texts.ts';

export const frenchFindings: FindingTexts = {
  findings: {
    'leaf-missing': 'Une place du registre est vide : des entrées ont été supprimées ou déplacées.',
    'leaf-repeated': 'Une place figure deux fois ou n’est pas à son rang.',
    'leaf-not-canonical': 'Les octets d’une entrée ne sont pas du JSON canonique.',
    'leaf-malformed': 'Une entrée n’a pas les membres d’une entrée.',
    'leaf-moved': 'Une entrée indique une autre place que celle où elle se trouve.',
    'leaf-changed': 'Les octets d’une entrée n’ont pas l’empreinte qui a été enregistrée avec eux.',
    'leaf-withheld':
      'Le contenu d’une entrée a disparu, et aucun élagage inscrit au registre n’en rend compte.',
    'checkpoint-malformed': 'Un point de contrôle n’en est pas un sous la forme C2SP.',
    'checkpoint-signature': 'Un point de contrôle n’est pas signé par la clé de ce registre.',
    'checkpoint-foreign': 'Un point de contrôle appartient à un autre registre.',
    'checkpoint-size': 'Un point de contrôle indique une autre taille que celle sous laquelle il est classé.',
    'root-mismatch':
      'Les entrées ne donnent pas la racine d’un point de contrôle signé : quelque chose avant lui a été changé.',
    'log-cut-short': 'Un point de contrôle couvre plus d’entrées qu’il n’y en a : la fin du registre manque.',
    'log-uncovered':
      'Les dernières entrées ne sont sous aucun point de contrôle signé : quelqu’un d’autre les a ajoutées, ou le connecteur a été arrêté net juste avant de signer, ce que répare son prochain démarrage.',
    'log-forked':
      'Un point de contrôle que quelqu’un a gardé ne fait pas partie de ce registre : il a été récrit.',
    'key-unknown':
      'Le registre n’indique nulle part sa propre clé : aucun point de contrôle ne peut être vérifié.',
    'key-untrusted':
      'Ni la clé de ce registre ni celle de son exploitant n’est de celles auxquelles vous vous fiez.',
    'key-changed': 'Le registre indique une autre clé qu’auparavant.',
    'certificate-invalid': 'Un certificat du connecteur n’est pas signé par l’exploitant qu’il nomme.',
    'run-unopened': 'Des entrées d’une exécution se trouvent avant son début ou après sa fin.',
    'run-unclosed': 'Une exécution a commencé sans que la précédente soit terminée ou rétablie.',
    'recovery-incomplete': 'Un rétablissement ne ferme pas tout ce qui était ouvert.',
    'time-backwards':
      'Au cours d’une exécution, l’horloge monotone a reculé : des entrées ont été antidatées ou déplacées.',
    'clock-jumped': 'L’heure et l’horloge monotone du connecteur s’écartent de plus de deux secondes.',
    'registration-mismatch':
      'Une inscription ne donne pas l’empreinte de la réunion sous laquelle elle est classée.',
    'registration-missing':
      'Une réunion a des messages, mais aucune inscription ne dit de qui ils peuvent être.',
    'message-malformed': 'Un message signé n’est pas dans sa seule forme valable.',
    'message-missing': 'Une entrée qui doit contenir un message signé n’en contient pas.',
    'message-type': 'Une entrée contient un message d’un autre type que le sien.',
    'message-signature': 'Un message n’est pas signé par la clé qui doit le signer.',
    'message-signer-unknown': 'Un message n’est signé par personne de connu dans cette réunion.',
    'message-misfiled':
      'Un message appartient à une autre réunion ou à un autre pont que ne le dit son entrée.',
    'message-contradicted': 'Les faits d’une entrée ne sont pas ceux du message qu’elle contient.',
    'host-equivocated': 'Un hôte a signé deux messages différents sous un même numéro.',
    'host-chain-broken': 'Un message de l’hôte ne suit pas celui qui le précède.',
    'grant-unasked': 'Un accord ou un refus ne répond à aucune demande de ce registre.',
    'request-reused': 'Une demande a reçu deux réponses.',
    'epoch-not-fresh': 'Une clé a été scellée pour une époque qui n’est pas au-dessus des précédentes.',
    'key-without-grant': 'Une clé a été ouverte sans accord inscrit pour son époque.',
    'leg-over-scope': 'Plus d’appelants ont été admis sans clic que l’accord ne le permet.',
    'key-after-revocation': 'Une clé a été ouverte alors que l’hôte l’avait reprise auparavant.',
    'leg-without-grant': 'Un appelant est entré qu’aucun hôte n’a admis.',
    'personal-mismatch': 'Une donnée personnelle n’est pas celle sur laquelle son entrée s’est engagée.',
    'personal-erased': 'Des données personnelles ont été effacées ; leurs engagements restent.',
    'leaves-pruned': 'Des entrées ont été retirées par un élagage inscrit ; leurs empreintes restent.',
    'cosignature-invalid':
      'Un contreseing n’est pas ce que son témoin a signé, ou ne porte pas sur un point de contrôle de ce registre.',
    'cosignature-unplaced': 'Un contreseing porte sur une taille que le registre n’avait pas peu avant.',
    'cosigned-fork':
      'Un témoin a contresigné un point de contrôle qui ne fait pas partie de ce registre : il a été récrit, ou un autre a été montré à d’autres.',
    'receipt-missing': 'Le connecteur n’a inscrit aucun reçu pour un accord : il est tenu pour entendant.',
  },
  evidence: {
    'evidence-malformed': 'Une ligne n’est pas celle d’un fichier de preuve.',
    'evidence-cut':
      'Le programme de l’hôte n’a pas gardé davantage : la réunion était plus longue que le fichier.',
    'evidence-signature': 'Un message n’est pas signé par la clé qui doit le signer.',
    'evidence-operator':
      'Un certificat est d’un exploitant que l’inscription ne nomme pas, et qui ne succède à aucun d’eux.',
    'evidence-untrusted':
      'L’exploitant d’un connecteur n’est pas de ceux auxquels vous vous fiez, et ne succède à aucun d’eux.',
    'evidence-decision':
      'Un accord ou une admission invoque la décision d’un co-hôte qui n’est pas là, ou qui dit autre chose.',
    'evidence-equivocation': 'L’hôte a signé deux messages différents sous un même numéro.',
    'evidence-chain': 'Un message de l’hôte ne suit pas celui qui le précède.',
    'evidence-receipt': 'Un reçu ne prouve pas que le registre contient ce que l’hôte a signé.',
    'evidence-fork':
      'Les points de contrôle montrés pendant cette réunion ne sont pas ceux d’un seul registre.',
    'evidence-witness': 'Un contreseing ne porte pas sur le point de contrôle qu’il nomme.',
    'evidence-missing': 'Le registre ne contient pas une entrée qui a été prouvée à l’hôte.',
    'evidence-foreign': 'Le registre n’est aucun de ceux de ces preuves.',
  },
  why: {
    grant: 'un hôte inscrit a accordé la clé au pont',
    listed: 'un hôte inscrit a listé le pont comme détenteur de la clé',
    scope: 'un accord ultérieur a changé ce que le pont peut faire',
    switched: 'chaque émetteur avait signé qu’il passait à une clé que le pont n’a pas reçue',
    asked:
      'des applications ont été priées de passer à une clé que le pont n’a pas reçue ; personne ne confirme qu’elles l’ont fait, et aucune exclusion n’est affirmée',
    tenSeconds:
      '10 s après que l’hôte a listé une nouvelle clé que le pont n’a pas reçue : le plus longtemps qu’un émetteur puisse utiliser l’ancienne',
    alone: 'l’hôte a listé une nouvelle clé que le pont n’a pas reçue, et personne d’autre n’était là',
    instanceEnded:
      '10 s après que l’hôte a terminé sa réunion : le plus longtemps que quelqu’un émette sans hôte',
    admitted: 'un hôte inscrit a admis l’appelant',
    roster: 'un hôte inscrit a listé l’appelant comme admis',
    unlisted: 'un hôte inscrit ne listait plus l’appelant comme admis',
    ended: 'un hôte inscrit a terminé l’appelant',
    joined: 'le connecteur dit que l’appelant est entré',
    left: 'le connecteur dit que l’appelant est parti, après que l’hôte l’avait terminé',
    stated: '10 s après que le connecteur dit avoir fermé ; aucune exclusion signée n’est inscrite',
    crash:
      '10 s après que le connecteur a redémarré suite à une panne ; aucune exclusion signée n’est inscrite',
    stop: '10 s après l’arrêt du connecteur ; aucune exclusion signée n’est inscrite',
  },
};
